package main

import (
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"unsafe"

	"tailscale.com/tailcfg"
	"tailscale.com/tka"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/types/key"
	"tailscale.com/util/set"
)

// Parts of the test server that it does not export. Its version is pinned, and a part that is gone or has another type ends
// the program at its start.
type inner struct {
	mu     *sync.Mutex
	mux    **http.ServeMux
	nodes  *map[key.NodePublic]*tailcfg.Node
	authed *set.Set[key.NodePublic]
	lock   *tka.CompactableChonk
}

func innerOf(server *testcontrol.Server) inner {
	return inner{
		mu:     part[sync.Mutex](server, "mu"),
		mux:    part[*http.ServeMux](server, "mux"),
		nodes:  part[map[key.NodePublic]*tailcfg.Node](server, "nodes"),
		authed: part[set.Set[key.NodePublic]](server, "nodeKeyAuthed"),
		lock:   part[tka.CompactableChonk](server, "tkaStorage"),
	}
}

func part[T any](server *testcontrol.Server, name string) *T {
	field := reflect.ValueOf(server).Elem().FieldByName(name)
	if !field.IsValid() || field.Type() != reflect.TypeFor[T]() {
		panic(fmt.Sprintf("testcontrol.Server has no %s of type %v", name, reflect.TypeFor[T]()))
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr()))
}
