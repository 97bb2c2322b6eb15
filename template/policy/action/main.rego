# What is done about an alert: an issue for the first one of a namespace, a comment on it for each later one.
package action

github := {
	"app_id": 111111,
	"install_id": 222222,
	"owner": "your-org",
	"repo": "your-repo",
	"secret_private_key": input.env.GITHUB_APP_PRIVATE_KEY,
}

# The issue of this namespace; undefined before there is one.
issue_number := attr.value if {
	some attr in input.alert.attrs
	attr.key == "github_issue_number"
}

run contains {
	"id": "create_issue",
	"uses": "github.create_issue",
	"args": github,
	"commit": [{
		"id": "github_issue_number",
		"key": "github_issue_number",
		"path": "number",
		"persist": true,
	}],
} if {
	input.seq == 0
	not issue_number
}

run contains {
	"id": "add_comment",
	"uses": "github.create_comment",
	"args": object.union(github, {
		"issue_number": issue_number,
		"body": concat(" ", ["It happened again:", input.alert.title]),
	}),
} if {
	input.seq == 0
	issue_number
}
