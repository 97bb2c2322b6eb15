# A call that waits for the analyst, or one that takes its time.
package action

run contains {
	"id": "approved",
	"uses": "http.fetch",
	"effect": "contain",
	"args": {"method": "POST", "url": sprintf("%v/approved", [input.alert.data.remote]), "data": "{}"},
} if {
	input.alert.data.kind == "approve"
}

run contains {
	"id": "slow",
	"uses": "http.fetch",
	"args": {"method": "GET", "url": sprintf("%v/slow", [input.alert.data.remote])},
} if {
	input.alert.data.kind == "slow"
}
