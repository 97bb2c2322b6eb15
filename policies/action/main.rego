# What to do about an alert. Each element of `run` is an action; one that contains waits for the analyst unless the
# response mode and the policy say otherwise. docs/POLICIES.md lists what an action may say.
package action

# A file in which a scanner found something goes to quarantine, from where it can be brought back. With the scanner's
# hash, only that very file is moved.
run contains res if {
	input.alert.schema == "clamav"
	path := attr_value("path")

	res := {
		"id": "quarantine",
		"uses": "file.quarantine",
		"args": object.union({"path": path}, hash_args),
	}
}

hash_args := {"sha256": attr_value("sha256")} if {
	attr_value("sha256")
} else := {}

# The value of the alert's first attribute with this key.
attr_value(key) := values[0] if {
	values := [attr.value | some attr in input.alert.attrs; attr.key == key]
}
