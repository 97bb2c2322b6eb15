package deepalert_inspect_test

import data.inspect as inspector

hosts := {"192.10.0.1": {"hostname": "pc-1.example.com", "owner": "YOUR_COMPANY"}}

asked(attribute) := found if {
	found := inspector.inspect with input as {"attribute": attribute} with data.hosts as hosts
}

test_finds_the_host_of_an_address if {
	some inspection in asked({"type": "ipaddr", "key": "dst", "value": "192.10.0.1", "context": null})
	[finding] := inspection.findings
	finding == {"type": "host", "content": {"hostname": ["pc-1.example.com"], "owner": ["YOUR_COMPANY"]}}
	object.keys(inspection) == {"summary", "findings"}
}

test_says_no_owner_of_an_address_of_others if {
	some inspection in asked({"type": "ipaddr", "key": "dst", "value": "198.51.100.7", "context": null})
	inspection.findings[0].content == {"hostname": ["resolved.hostname.example.com"]}
}

test_passes_over_what_is_no_address if {
	count(asked({"type": "username", "key": "login-name", "value": "mizutani", "context": null})) == 0
}
