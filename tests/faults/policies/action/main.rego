# One action of each kind, in this order: a GET may be repeated (idempotent), a quarantine can be asked whether it
# happened (probed), a POST neither.
package action

n := input.alert.data.n

remote := input.alert.data.remote

run contains {
	"id": "1-get",
	"uses": "http.fetch",
	"args": {"method": "GET", "url": sprintf("%v/get/%v", [remote, n])},
} if {
	"get" in input.alert.data.kinds
}

run contains {
	"id": "2-quarantine",
	"uses": "file.quarantine",
	"args": {"path": input.alert.data.path},
	"approval": input.alert.data.ask,
} if {
	"quarantine" in input.alert.data.kinds
}

run contains {
	"id": "3-post",
	"uses": "http.fetch",
	"args": {"method": "POST", "url": sprintf("%v/post/%v", [remote, n]), "data": "{}"},
	"approval": input.alert.data.ask,
} if {
	"post" in input.alert.data.kinds
}

run contains {"id": "4-abort", "uses": "", "abort": true} if "abort" in input.alert.data.kinds
