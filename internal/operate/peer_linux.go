package operate

import (
	"net"

	"golang.org/x/sys/unix"
)

// peer is who is at the other end of a connection, as the kernel knows it.
func peer(conn net.Conn) (uid, pid int, known bool) {
	socket, ok := conn.(*net.UnixConn)
	if !ok {
		return 0, 0, false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return 0, 0, false
	}
	err = raw.Control(func(fd uintptr) {
		cred, err := unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
		if err == nil {
			uid, pid, known = int(cred.Uid), int(cred.Pid), true
		}
	})
	return uid, pid, known && err == nil
}
