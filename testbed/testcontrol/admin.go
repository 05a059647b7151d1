package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"net/netip"
	"tailscale.com/net/netaddr"
	"tailscale.com/net/tsaddr"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

// What an admin would do in the admin console: `POST /<operation>` with JSON. Answers JSON.
func admin(c *control, authority []byte) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authority", func(w http.ResponseWriter, r *http.Request) { w.Write(authority) })
	mux.HandleFunc("GET /nodes", func(w http.ResponseWriter, r *http.Request) { answer(w, c.list()) })
	mux.HandleFunc("GET /txt", func(w http.ResponseWriter, r *http.Request) {
		c.locked(func() { answer(w, c.txt) })
	})
	mux.HandleFunc("POST /keys", operation(c.createKey))
	mux.HandleFunc("POST /log-ins", operation(c.finishLogin))
	mux.HandleFunc("POST /nodes", operation(c.changeNode))
	mux.HandleFunc("POST /settings", operation(c.configure))
	mux.HandleFunc("POST /strangers", operation(c.addStrangers))
	return mux
}

func operation[T any](work func(T) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var input T
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&input); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		output, err := work(input)
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		answer(w, output)
	}
}

type listedNode struct {
	ID        tailcfg.NodeID `json:"id"`
	Name      string         `json:"name"`
	Key       string         `json:"key"`
	Addresses []string       `json:"addresses"`
	Online    bool           `json:"online"`
	Approved  bool           `json:"approved"`
	Signed    bool           `json:"signed"`
	Expiry    *time.Time     `json:"expiry"`
	Tags      []string       `json:"tags"`
}

func firstLabel(name string) string {
	label, _, _ := strings.Cut(name, ".")
	return label
}

// Strangers left out.
func (c *control) list() []listedNode {
	nodes := []listedNode{}
	c.locked(func() {
		for _, node := range *c.inner.nodes {
			if c.devices[node.Machine] == nil {
				continue
			}
			listed := listedNode{
				ID: node.ID, Name: firstLabel(node.Name), Key: node.Key.String(), Online: node.Online != nil && *node.Online,
				Approved: node.MachineAuthorized, Signed: len(node.KeySignature) > 0, Tags: node.Tags,
			}
			if !node.KeyExpiry.IsZero() {
				listed.Expiry = &node.KeyExpiry
			}
			for _, address := range node.Addresses {
				listed.Addresses = append(listed.Addresses, address.Addr().String())
			}
			nodes = append(nodes, listed)
		}
	})
	slices.SortFunc(nodes, func(a, b listedNode) int { return int(a.ID - b.ID) })
	return nodes
}

func (c *control) createKey(input struct {
	Reusable, Ephemeral, Preauthorized bool
	Tags                               []string
	Seconds                            int
}) (any, error) {
	text := "tskey-auth-k" + rand.Text()[:11] + "CNTRL-" + rand.Text()
	made := &authKey{
		reusable: input.Reusable, ephemeral: input.Ephemeral, preauthorized: input.Preauthorized, tags: input.Tags,
		until: time.Now().Add(time.Duration(input.Seconds) * time.Second),
	}
	c.locked(func() { c.keys[text] = made })
	return map[string]string{"key": text}, nil
}

func (c *control) finishLogin(input struct{ URL string }) (any, error) {
	if !c.server.CompleteAuth(input.URL) {
		return nil, fmt.Errorf("no log-in waits at %s", input.URL)
	}
	return struct{}{}, nil
}

// One of the changes to the node with this name. With `expire`, its key ends then.
func (c *control) changeNode(input struct {
	Name    string
	Approve bool
	Delete  bool
	Expire  *time.Time
	Caps    map[tailcfg.NodeCapability][]tailcfg.RawMessage
	Tags    []string
}) (any, error) {
	var found *tailcfg.Node
	c.locked(func() {
		for _, node := range *c.inner.nodes {
			if firstLabel(node.Name) != input.Name {
				continue
			}
			found = node
			if input.Approve {
				node.MachineAuthorized = true
				c.devices[node.Machine].approved = true
			}
			if input.Expire != nil {
				node.KeyExpiry = input.Expire.UTC()
			}
			if input.Caps != nil {
				c.devices[node.Machine].caps = input.Caps
			}
			if input.Tags != nil {
				node.Tags = input.Tags
			}
			if input.Delete {
				delete(*c.inner.nodes, node.Key)
				delete(c.devices, node.Machine)
				c.inner.authed.Delete(node.Key)
			}
		}
	})
	if found == nil {
		return nil, fmt.Errorf("no node has the name %s", input.Name)
	}
	if input.Caps != nil {
		c.server.SetNodeCapMap(found.Key, input.Caps)
	}
	c.broadcast()
	return struct{}{}, nil
}

// Fields that are not there stay as they are.
func (c *control) configure(input struct {
	DeviceApproval *bool
	MagicDNS       *bool
	HTTPS          *bool
	TagOwners      map[string][]string
	DeviceLimit    *int
	Refusal        *string
	RateLimit      *rateLimit
	NoRateLimit    bool
}) (any, error) {
	c.locked(func() {
		if input.DeviceApproval != nil {
			c.server.RequireMachineAuth = *input.DeviceApproval
		}
		if input.MagicDNS != nil {
			c.server.DNSConfig.Proxied = *input.MagicDNS
		}
		if input.HTTPS != nil {
			c.server.MagicDNSDomain = ""
			if *input.HTTPS {
				c.server.MagicDNSDomain = baseDomain
			}
		}
		if input.TagOwners != nil {
			c.server.TagOwners = input.TagOwners
		}
		if input.DeviceLimit != nil {
			c.deviceLimit = *input.DeviceLimit
		}
		if input.Refusal != nil {
			c.refusal = *input.Refusal
		}
		if input.RateLimit != nil || input.NoRateLimit {
			c.rateLimit = input.RateLimit
		}
	})
	c.broadcast()
	return struct{}{}, nil
}

// Adds devices that nobody runs, every third of them online, and sends one netmap for all of them.
func (c *control) addStrangers(input struct{ Count int }) (any, error) {
	c.locked(func() {
		nodes := *c.inner.nodes
		for range input.Count {
			count := len(nodes)
			address := netaddr.IPv4(100, uint8(80+count>>16), uint8(count>>8), uint8(count))
			prefixes := []netip.Prefix{netip.PrefixFrom(address, 32), netip.PrefixFrom(tsaddr.Tailscale4To6(address), 128)}
			online := count%3 == 0
			id := tailcfg.NodeID(1_000_000 + count)
			node := &tailcfg.Node{
				ID:                id,
				StableID:          tailcfg.StableNodeID(fmt.Sprintf("STRANGER%08x", int64(id))),
				Name:              fmt.Sprintf("stranger-%d.%s.", count, baseDomain),
				User:              123,
				Machine:           key.NewMachine().Public(),
				Key:               key.NewNode().Public(),
				DiscoKey:          key.NewDisco().Public(),
				MachineAuthorized: true,
				Addresses:         prefixes,
				AllowedIPs:        prefixes,
				HomeDERP:          900,
				Online:            &online,
				Hostinfo:          (&tailcfg.Hostinfo{OS: "linux", Hostname: fmt.Sprintf("stranger-%d", count)}).View(),
			}
			nodes[node.Key] = node
		}
	})
	c.broadcast()
	return struct{}{}, nil
}
