# Findings of a virus scanner. An event is {"virus", "path"} and may have "host", "sha256", "size" and "scanner";
# hooks/clamav-event.mjs and hooks/clamscan.mjs send one. Every finding of a named virus in a named file is one alert.
package alert.clamav

alert contains res if {
	is_text(input.virus)
	is_text(input.path)
	not is_test_signature

	res := finding("high")
}

# The EICAR test file and ClamAV's own are found on purpose.
alert contains res if {
	is_text(input.virus)
	is_text(input.path)
	is_test_signature

	res := finding("low")
}

# A file whose name is no text comes with the name's bytes in hex. It has no path, so that no action takes another file for it.
alert contains res if {
	is_text(input.virus)
	is_text(input.path_hex)
	not input.path

	res := {
		"title": concat("", [input.virus, " in a file whose name is no text"]),
		"description": concat("", [scanner, " found ", input.virus, " in a file whose name is, in hex, ", input.path_hex, "."]),
		"source": "clamav",
		"severity": "high",
		"attrs": array.concat(
			[
				{"key": "path_hex", "value": input.path_hex, "type": "string"},
				{"key": "virus", "value": input.virus, "type": "string"},
			],
			array.concat(hash_attr, host_attr),
		),
	}
}

is_test_signature if contains(lower(input.virus), "eicar")

is_test_signature if startswith(input.virus, "Clamav.Test")

finding(severity) := {
	"title": concat(" in ", [input.virus, file_name]),
	"description": concat("", [scanner, " found ", input.virus, " in ", input.path, "."]),
	"source": "clamav",
	"severity": severity,
	"attrs": array.concat(
		[
			{"key": "path", "value": input.path, "type": "file.path"},
			{"key": "virus", "value": input.virus, "type": "string"},
		],
		array.concat(hash_attr, host_attr),
	),
}

scanner := input.scanner if {
	is_text(input.scanner)
} else := "ClamAV"

# The last part of a path of any system.
file_name := parts[count(parts) - 1] if {
	parts := split(replace(input.path, "\\", "/"), "/")
}

hash_attr := [{"key": "sha256", "value": lower(input.sha256), "type": "file.sha256"}] if {
	is_text(input.sha256)
} else := []

host_attr := [{"key": "host", "value": input.host, "type": "string"}] if {
	is_text(input.host)
} else := []

is_text(value) if {
	is_string(value)
	value != ""
}
