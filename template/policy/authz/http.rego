# Who may send events. `input` has method, path, query, header, remote, body and env.
package authz.http

default deny := false

# Only who knows the value of the variable MY_TOKEN:
#
# deny if not is_known
#
# is_known if input.header.Authorization[0] == concat(" ", ["Bearer", input.env.MY_TOKEN])
