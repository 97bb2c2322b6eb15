package alert.fault

alert contains {
	"title": "Fault",
	"detector": "faults",
	"rule_id": "fault",
	"alert_key": input.n,
	"attrs": [
		{"key": "n", "value": input.n, "type": "thing"},
		{"key": "remote", "value": input.remote, "type": "remote"},
	],
}
