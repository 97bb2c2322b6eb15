# What to look up about an attribute of a report: asked once for each, when its first alert is old enough. Each element of
# `inspect` is a question to an action that only looks; its findings go to the report and to package review.
# docs/POLICIES.md lists what an element may say, docs/ACTIONS.md what can be asked.
package inspect

# What this desk knows of it already: needs no key, and nobody outside learns of it.
inspect contains {
	"uses": "history",
	"args": {"type": input.attribute.type, "value": input.attribute.value},
} if {
	kind in comparable
	input.attribute.value != ""
}

# These have one spelling each, so that alerts can be searched for them.
comparable := {"ipaddr", "domain", "filehashvalue", "email", "path"}

# The last word of a type: `file.path` is a path.
kind := words[count(words) - 1] if {
	words := split(lower(input.attribute.type), ".")
}

# With a key as a secret of Settings, VirusTotal can be asked as well. Take the marks away:
#
# inspect contains {
# 	"uses": "virustotal.lookup",
# 	"args": {
# 		"secret_api_key": input.env.VIRUSTOTAL_API_KEY,
# 		"type": input.attribute.type,
# 		"value": input.attribute.value,
# 	},
# } if {
# 	kind in {"ipaddr", "domain", "filehashvalue", "url"}
# 	input.attribute.value != ""
# }
