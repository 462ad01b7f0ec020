package wire

import "slices"

// What a plugin may be allowed to ask of the host.
const (
	OrdersRead    = "orders.read"
	OrdersClose   = "orders.close"
	RefundsCreate = "refunds.create"
	UsersRead     = "users.read"
)

// Permissions lists every permission there is.
func Permissions() []string { return []string{OrdersRead, OrdersClose, RefundsCreate, UsersRead} }

// ValidPermission says whether there is such a permission.
func ValidPermission(name string) bool { return slices.Contains(Permissions(), name) }
