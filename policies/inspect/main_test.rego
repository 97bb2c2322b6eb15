package inspect_test

import data.inspect as inspector

asked(type, value) := questions if {
	questions := inspector.inspect with input as {"attribute": {"type": type, "key": "k", "value": value, "context": null}}
}

test_looks_back_for_what_has_one_spelling if {
	every type in ["ipaddr", "domain", "filehashvalue", "email", "file.path", "FILE.PATH"] {
		asked(type, "v") == {{"uses": "history", "args": {"type": type, "value": "v"}}}
	}
}

test_asks_nothing_about_the_rest if {
	every type in ["string", "username", "", "markdown", "path.of"] {
		count(asked(type, "v")) == 0
	}
	count(asked("ipaddr", "")) == 0
}
