# Proposes to cut the instance of a finding off from the network: it waits for the analyst. The key is a secret of the
# workspace that only this policy hands on; as long as there is none, nothing is proposed.
package action

run contains res if {
	input.alert.source == "aws"
	some finding in input.alert.data.Findings
	finding.Resource.InstanceDetails.InstanceId == found_instance

	res := {
		"id": "isolate-instance",
		"uses": "aws.quarantine_instance",
		"args": {
			"region": finding.Region,
			"instance_id": found_instance,
			"access_key_id": input.env.AWS_ACCESS_KEY_ID,
			"secret_access_key": input.env.AWS_SECRET_ACCESS_KEY,
		},
	}
}

# The instance that alert.rego found.
found_instance := values[0] if {
	values := [attr.value | some attr in input.alert.attrs; attr.key == "instance ID"]
}
