package authz.http_test

import data.authz.http

test_allows_local_programs if {
	not http.deny with input as {"method": "POST", "path": "/alert/raw/clamav", "remote": "127.0.0.1:50000", "header": {}}
}
