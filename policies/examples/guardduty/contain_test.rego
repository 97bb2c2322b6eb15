package guardduty_contain_test

import data.action

keys := {"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}

finding := {"Region": "us-east-1", "Resource": {"InstanceDetails": {"InstanceId": "i-99999999"}}}

other := {"Region": "eu-west-1", "Resource": {"InstanceDetails": {"InstanceId": "i-11111111"}}}

alert := {
	"source": "aws",
	"attrs": [{"key": "instance ID", "value": "i-99999999"}],
	"data": {"Findings": [other, finding]},
}

proposed(env, about) := [res |
	some res in action.run with input as {"alert": about, "env": env, "seq": 0, "called": null}
	res.uses == "aws.quarantine_instance"
]

test_proposes_the_isolation_of_the_instance_in_its_region if {
	proposed(keys, alert) == [{
		"id": "isolate-instance",
		"uses": "aws.quarantine_instance",
		"args": {
			"region": "us-east-1",
			"instance_id": "i-99999999",
			"access_key_id": "id",
			"secret_access_key": "secret",
		},
	}]
}

test_proposes_nothing_without_a_key if {
	proposed({}, alert) == []
	proposed({"AWS_ACCESS_KEY_ID": "id"}, alert) == []
}

test_proposes_nothing_of_another_source if {
	proposed(keys, object.union(alert, {"source": "clamav"})) == []
}
