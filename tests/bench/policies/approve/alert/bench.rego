# One alert of every event; `kind` says what is done about it.
package alert.bench

alert contains {
	"title": "An action to approve or a slow one",
	"source": "bench",
	"attrs": [
		{"key": "remote", "value": input.remote},
		{"key": "kind", "value": input.kind},
	],
}
