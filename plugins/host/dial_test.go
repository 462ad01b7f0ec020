package host

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/go-plugin"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

// noticeScene is a scene whose plugin handles notices alone.
func noticeScene(t *testing.T, executable string) *scene {
	t.Helper()
	s := newScene(t, executable)
	s.manifest(t, "fulfil", strings.Replace(goodManifest, "payment.succeeded", "test", 1)+
		"executables: {"+platform()+": bin/"+executable+"}\n")
	return s
}

// Whatever a plugin sends to go-plugin's broker, the host keeps nothing of it.
func TestBrokerKeepsNothingThatAPluginSends(t *testing.T) {
	t.Parallel()
	h := noticeScene(t, "knocks").ready(t)
	require.Equal(t, "all were sent", do(t, h, "e1", "nothing").Message)
	require.Zero(t, kept(current(t, h).broker))
}

// kept is how many ids go-plugin's broker has a message for.
func kept(b *plugin.GRPCBroker) int {
	b.Lock()
	defer b.Unlock()
	fields := reflect.ValueOf(b).Elem()
	return fields.FieldByName("serverStreams").Len() + fields.FieldByName("clientStreams").Len()
}

// The text of an error comes as a header, for which the limit of a message does not hold.
func TestErrorsThatAreTooLongAreNotTaken(t *testing.T) {
	t.Parallel()
	h := noticeScene(t, "long-error").ready(t)
	out := do(t, h, "e1", "nothing")
	require.Equal(t, Retry, out.Result)
	require.NotContains(t, out.Message, "xxx")
	require.Equal(t, 1, h.List()[0].Starts, "the connection goes on")
}

func TestConnectionStaysWhenNothingIsToDo(t *testing.T) {
	t.Parallel()
	h := newScene(t, "plugin").ready(t)
	require.Zero(t, idleTimeout(current(t, h).conn))

	usual, err := grpc.NewClient("passthrough:nowhere", grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer func() { require.NoError(t, usual.Close()) }()
	require.Equal(t, 30*time.Minute, idleTimeout(usual), "gRPC keeps it where we look")
}

func idleTimeout(conn *grpc.ClientConn) time.Duration {
	return time.Duration(reflect.ValueOf(conn).Elem().FieldByName("dopts").FieldByName("idleTimeout").Int())
}
