# Who may send events. `deny` refuses a request with 403 before anything is stored. The receiver listens on this computer
# only and refuses web pages by itself; rules here are for tokens, signatures and addresses.
package authz.http

default deny := false
