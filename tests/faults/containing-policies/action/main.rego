# One host, contained without asking by a service that takes its time.
package action

run contains {
	"id": "contain",
	"uses": "crowdstrike.contain_host",
	"args": {
		"base_url": input.alert.data.remote,
		"client_id": "client-1",
		"secret_client_secret": "the-secret-of-the-faults",
		"device_id": input.alert.data.device,
	},
	"approval": false,
}
