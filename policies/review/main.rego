# Grades a report as `safe`, `unclassified` or `urgent`, and says why: asked when all inspections have answered, at the latest
# after the review delay, and again when something new comes. What you grade yourself stands above it.
package review

severity := "urgent" if {
	count(alarms) > 0
} else := "safe" if {
	is_known_file
} else := "unclassified"

reason := concat(" ", alarms) if {
	count(alarms) > 0
} else := "The same file was judged harmless before." if {
	is_known_file
} else := ""

# You judged an alert with the same address, name or file as a true positive.
alarms contains sentence if {
	some section in input.report.sections
	is_lasting(section.attr)
	some verdict in ["true_positive_impact", "true_positive_no_impact"]
	times(section, verdict) > 0
	sentence := concat(" ", [section.attr.value, "was in an alert that was a true positive."])
}

# Scanners agree; a single one is often wrong.
alarms contains sentence if {
	some section in input.report.sections
	vendors := {scan.vendor |
		some list in ["hosts", "binaries"]
		some content in section[list]
		some malware in content.related_malware
		some scan in malware.scans
		scan.positive
	}
	count(vendors) >= 3
	sentence := concat("", [section.attr.value, " is malware to ", concat(", ", vendors), "."])
}

# Only a file stays what it is: an address or a path that was harmless need not be so again. What nobody answered about is
# not known.
is_known_file if {
	some attr in input.report.attributes
	attr.type == "filehashvalue"
	every lasting in [one | some one in input.report.attributes; is_lasting(one)] {
		is_harmless(lasting)
	}
}

is_harmless(attr) if {
	some section in input.report.sections
	section.attr == attr
	some verdict in ["benign", "false_positive", "test"]
	times(section, verdict) > 0
}

# A path or a name of a machine means another thing elsewhere, and one's own addresses are in every alert.
is_lasting(attr) if attr.type in {"domain", "filehashvalue"}

is_lasting(attr) if {
	attr.type == "ipaddr"
	not is_private(attr.value)
}

is_private(address) if startswith(address, "10.")

is_private(address) if startswith(address, "192.168.")

is_private(address) if startswith(address, "127.")

is_private(address) if regex.match(`^172\.(1[6-9]|2[0-9]|3[01])\.`, address)

is_private(address) if regex.match(`^(?i)(::1$|f[cd]|fe[89ab])`, address)

# How many alerts with this attribute you have judged so.
times(section, verdict) := max({0} | {count |
	some result in section.results
	result.author == "history"
	count := result.content.alerts.verdicts[verdict]
})
