package alert.fault

alert contains {
	"title": sprintf("Fault %v", [input.n]),
	"source": "faults",
	"attrs": [{"key": "n", "value": input.n}, {"key": "path", "value": input.path}],
}
