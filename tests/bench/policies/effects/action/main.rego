# Two calls for every alert.
package action

run contains {
	"id": name,
	"uses": "http.fetch",
	"args": {"method": "POST", "url": sprintf("%v/%v", [input.alert.data.remote, name]), "data": "{}"},
} if {
	some name in ["first", "second"]
}
