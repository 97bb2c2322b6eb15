package alert.fault

alert contains {
	"title": sprintf("Fault %v", [input.n]),
	"source": "faults",
	"attrs": [{"key": "n", "value": input.n}, {"key": "path", "value": input.path}, {"key": "busy", "value": busy}],
}

# Longer than an event is evaluated before it is stored.
busy := count([n | some n in numbers.range(1, object.get(input, "busy", 1)); n % 7 == 0])
