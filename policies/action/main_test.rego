package action_test

import data.action

alert := {
	"schema": "clamav",
	"title": "Win.Trojan.Agent-6857363-0 in invoice.exe",
	"attrs": [
		{"id": "1", "key": "path", "value": "/home/ann/Downloads/invoice.exe"},
		{"id": "2", "key": "virus", "value": "Win.Trojan.Agent-6857363-0"},
	],
}

test_quarantines_the_file if {
	some res in action.run with input as {"alert": alert, "seq": 0, "called": null}
	res.uses == "file.quarantine"
	res.args == {"path": "/home/ann/Downloads/invoice.exe"}
}

test_binds_to_the_hash_of_the_scanner if {
	hashed := object.union(alert, {"attrs": array.concat(alert.attrs, [{"id": "3", "key": "sha256", "value": "ab"}])})
	some res in action.run with input as {"alert": hashed, "seq": 0, "called": null}
	res.args.sha256 == "ab"
}

test_does_nothing_about_others if {
	count(action.run) == 0 with input as {"alert": {"schema": "aws_guardduty", "attrs": null}, "seq": 0}
	count(action.run) == 0 with input as {"alert": {"schema": "clamav", "attrs": null}, "seq": 0}
}
