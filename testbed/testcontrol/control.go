package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"time"

	"tailscale.com/net/netaddr"
	"tailscale.com/net/tsaddr"
	"tailscale.com/tailcfg"
	"tailscale.com/tka"
	"tailscale.com/tstest/integration/testcontrol"
	"tailscale.com/tstest/tkatest"
	"tailscale.com/types/dnstype"
	"tailscale.com/types/key"
	"tailscale.com/types/opt"
)

const baseDomain = "tail.test"

// What stays of a device while its node key changes. Tailscale's own server knows it by its machine key.
type device struct {
	id       tailcfg.NodeID
	name     string // without domain
	hostname string // that it asked for
	approved bool
	streams  int
	caps     tailcfg.NodeCapMap // nil unless somebody has set them
}

// Tailscale's test server, and what it lacks: auth keys, log-outs, unique names, who is online. `mu` of the server guards
// everything here.
type control struct {
	server   *testcontrol.Server
	inner    inner
	upstream http.Handler
	devices  map[key.MachinePublic]*device
	keys     map[string]*authKey
	nextID   tailcfg.NodeID
	txt      map[string]string

	deviceLimit int    // 0 for none
	refusal     string // answers every log-in with this, unless empty
	rateLimit   *rateLimit
}

type rateLimit struct {
	RetryAfter string `json:"retryAfter"`
	Message    string `json:"message"`
}

func newControl(relays *tailcfg.DERPMap) *control {
	c := &control{devices: map[key.MachinePublic]*device{}, keys: map[string]*authKey{}, txt: map[string]string{}}
	c.server = &testcontrol.Server{
		DERPMap:          relays,
		ExplicitBaseURL:  "https://" + controlName,
		RequireAuth:      true,
		AllNodesSameUser: true,
		CollectServices:  opt.False,
		TagOwners:        map[string][]string{},
		DNSConfig: &tailcfg.DNSConfig{
			Proxied: true,
			Domains: []string{baseDomain},
			Routes:  map[string][]*dnstype.Resolver{baseDomain: {}},
		},
		HoldMapRequest: c.mapRequest,
		OnSetDNS: func(request *tailcfg.SetDNSRequest) error {
			c.locked(func() { c.txt[request.Name] = request.Value })
			return nil
		},
		MaybeRateLimitRegister: func() (reject bool, retryAfter, message string) {
			c.locked(func() {
				if c.rateLimit != nil {
					reject, retryAfter, message = true, c.rateLimit.RetryAfter, c.rateLimit.Message
				}
			})
			return
		},
	}
	c.inner = innerOf(c.server)
	*c.inner.nodes = map[key.NodePublic]*tailcfg.Node{}
	// The first request makes the server's mux, and its keys.
	c.server.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/key?v=100", nil))
	mux := *c.inner.mux
	c.upstream, _ = mux.Handler(httptest.NewRequest("POST", "/machine/register", nil))
	mux.HandleFunc("/machine/register", c.register)
	mux.HandleFunc("/machine/feature/query", func(w http.ResponseWriter, r *http.Request) {
		answer(w, tailcfg.QueryFeatureResponse{Complete: true})
	})
	upstreamLock, _ := mux.Handler(httptest.NewRequest("GET", "/machine/tka/init/finish", nil))
	mux.HandleFunc("/machine/tka/init/finish", func(w http.ResponseWriter, r *http.Request) {
		upstreamLock.ServeHTTP(w, r)
		c.broadcast()
	})
	mux.HandleFunc("/machine/tka/sync/send", func(w http.ResponseWriter, r *http.Request) {
		c.locked(func() {
			if authority, err := tka.Open(*c.inner.lock); err == nil {
				tkatest.HandleTKASyncSend(w, r, authority, *c.inner.lock)
			}
		})
	})
	for _, unsupported := range []string{"/machine/id-token", "/machine/audit-log", "/machine/set-device-attr"} {
		mux.HandleFunc(unsupported, http.NotFound)
	}
	return c
}

func (c *control) locked(work func()) {
	c.inner.mu.Lock()
	defer c.inner.mu.Unlock()
	work()
}

// Sends every connected node its netmap again.
func (c *control) broadcast() {
	c.server.SetNodeCapMap(key.NodePublic{}, nil)
}

// Called before each map request; the function that it returns, after it.
func (c *control) mapRequest(request *tailcfg.MapRequest) (done func()) {
	if !request.Stream {
		if request.ReadOnly || request.Hostinfo == nil {
			return nil
		}
		return func() { c.rename(request.NodeKey, request.Hostinfo.Hostname) }
	}
	c.streams(request.NodeKey, 1)
	return func() { c.streams(request.NodeKey, -1) }
}

// A device is online while it holds a stream of map responses.
func (c *control) streams(nodeKey key.NodePublic, change int) {
	changed := false
	c.locked(func() {
		node := (*c.inner.nodes)[nodeKey]
		if node == nil {
			return
		}
		device := c.devices[node.Machine]
		if device == nil {
			return
		}
		device.streams += change
		online := device.streams > 0
		changed = node.Online == nil || *node.Online != online
		node.Online = &online
		now := time.Now().UTC()
		node.LastSeen = &now
	})
	if changed {
		c.broadcast()
	}
}

func (c *control) rename(nodeKey key.NodePublic, hostname string) {
	changed := false
	c.locked(func() {
		node := (*c.inner.nodes)[nodeKey]
		if node == nil || c.devices[node.Machine] == nil || c.devices[node.Machine].hostname == hostname {
			return
		}
		device := c.devices[node.Machine]
		device.hostname, device.name = hostname, c.uniqueName(hostname, device)
		node.Name, changed = device.name+"."+baseDomain+".", true
	})
	if changed {
		c.broadcast()
	}
}

// A name that no other device has: `web`, `web-1`, …
func (c *control) uniqueName(hostname string, except *device) string {
	base := strings.ToLower(hostname)
	for suffix := 0; ; suffix++ {
		name := base
		if suffix > 0 {
			name = fmt.Sprintf("%s-%d", base, suffix)
		}
		taken := false
		for _, other := range c.devices {
			taken = taken || (other != except && other.name == name)
		}
		if !taken {
			return name
		}
	}
}

// The test server derives the addresses in a netmap from the node's ID; this does the same.
func addressesOf(id tailcfg.NodeID) []netip.Prefix {
	v4 := netaddr.IPv4(100, 64, uint8(id>>8), uint8(id))
	return []netip.Prefix{netip.PrefixFrom(v4, 32), netip.PrefixFrom(tsaddr.Tailscale4To6(v4), 128)}
}
