# One alert of every event.
package alert.bench

alert contains {
	"title": "Two actions",
	"source": "bench",
	"attrs": [{"key": "remote", "value": input.remote}],
}
