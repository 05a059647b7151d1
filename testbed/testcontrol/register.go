package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"time"

	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

type authKey struct {
	reusable, ephemeral, preauthorized, used bool
	tags                                     []string
	until                                    time.Time
}

// How long a node key is good for, as on Tailscale's own server.
const keyLife = 180 * 24 * time.Hour

func (c *control) register(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	var request tailcfg.RegisterRequest
	if err := json.Unmarshal(body, &request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if !request.Expiry.IsZero() && request.Expiry.Before(time.Now()) {
		c.logOut(request.NodeKey)
		answer(w, tailcfg.RegisterResponse{MachineAuthorized: true})
		return
	}
	var used *authKey
	var refusal string
	known := false
	c.locked(func() {
		used, refusal = c.admit(&request)
		_, known = (*c.inner.nodes)[request.NodeKey]
		if used != nil {
			c.inner.authed.Make()
			c.inner.authed.Add(request.NodeKey)
		}
	})
	if refusal != "" {
		answer(w, tailcfg.RegisterResponse{Error: refusal})
		return
	}
	recorder := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	c.upstream.ServeHTTP(recorder, r)
	var response tailcfg.RegisterResponse
	if recorder.Code != http.StatusOK || json.Unmarshal(recorder.Body.Bytes(), &response) != nil {
		for name, values := range recorder.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(recorder.Code)
		w.Write(recorder.Body.Bytes())
		return
	}
	if response.Error == "" {
		var caps tailcfg.NodeCapMap
		c.locked(func() {
			if response.AuthURL != "" {
				// Nobody sees a device that waits for its log-in.
				if !known {
					delete(*c.inner.nodes, request.NodeKey)
				}
				return
			}
			known := c.adopt(&request, used)
			response.MachineAuthorized, caps = known.approved, known.caps
		})
		if caps != nil {
			c.server.SetNodeCapMap(request.NodeKey, caps)
		}
		c.broadcast()
	}
	answer(w, response)
}

// Whether a log-in may begin: the auth key that it comes with, nil without one, or why not. The texts about keys are those of
// Tailscale's own server, by public reports.
func (c *control) admit(request *tailcfg.RegisterRequest) (used *authKey, refusal string) {
	if c.inner.authed.Contains(request.NodeKey) {
		return nil, ""
	}
	if c.refusal != "" {
		return nil, c.refusal
	}
	if c.deviceLimit > 0 && len(*c.inner.nodes) >= c.deviceLimit {
		return nil, "tailnet has reached its device limit"
	}
	if request.Auth == nil || request.Auth.AuthKey == "" {
		return nil, ""
	}
	text := request.Auth.AuthKey
	found := c.keys[text]
	switch {
	case found == nil || found.until.Before(time.Now()):
		return nil, "invalid key: API key does not exist"
	case found.used && !found.reusable:
		return nil, fmt.Sprintf("invalid key: API key %s not valid", text[:min(len(text), 18)])
	}
	found.used = true
	return found, ""
}

// Gives a node that has just logged in what its device had before. Returns the device.
func (c *control) adopt(request *tailcfg.RegisterRequest, used *authKey) *device {
	nodes := *c.inner.nodes
	node := nodes[request.NodeKey]
	if node == nil {
		return &device{}
	}
	for other, entry := range nodes {
		if other != request.NodeKey && entry.Machine == node.Machine {
			delete(nodes, other)
		}
	}
	known := c.devices[node.Machine]
	if known == nil {
		c.nextID++
		known = &device{id: c.nextID, hostname: request.Hostinfo.Hostname, approved: node.MachineAuthorized}
		known.name = c.uniqueName(known.hostname, known)
		c.devices[node.Machine] = known
	}
	known.approved = known.approved || (used != nil && used.preauthorized)
	node.ID = known.id
	node.StableID = tailcfg.StableNodeID(fmt.Sprintf("TESTCTRL%08x", int64(known.id)))
	node.Name = known.name + "." + baseDomain + "."
	node.Addresses, node.AllowedIPs = addressesOf(known.id), addressesOf(known.id)
	node.MachineAuthorized = known.approved
	// Without it a node does not look whether tailnet lock is on.
	if !slices.Contains(node.Capabilities, tailcfg.CapabilityTailnetLock) {
		node.Capabilities = append(node.Capabilities, tailcfg.CapabilityTailnetLock)
	}
	if request.NodeKeySignature != nil {
		node.KeySignature = request.NodeKeySignature
	}
	if used != nil && len(used.tags) > 0 {
		node.Tags = used.tags
	}
	if used != nil || request.Followup != "" {
		node.KeyExpiry = time.Now().Add(keyLife).UTC()
	}
	if len(node.Tags) > 0 {
		node.KeyExpiry = time.Time{}
	}
	return known
}

// A device that logs out stays in the list with an expired key.
func (c *control) logOut(nodeKey key.NodePublic) {
	c.locked(func() {
		c.inner.authed.Delete(nodeKey)
		if node := (*c.inner.nodes)[nodeKey]; node != nil {
			node.KeyExpiry = time.Now().Add(-time.Minute).UTC()
		}
	})
	c.broadcast()
}

func answer(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(value)
}
