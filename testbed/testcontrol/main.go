// A control server that behaves like Tailscale's own, for specs: Tailscale's test server with TLS, a relay, STUN, and an
// admin API over HTTP. It keeps everything in memory.
//
// Usage: testcontrol ADDRESS
package main

import (
	"context"
	"crypto/tls"
	"log"
	"net/http"
	"os"

	"tailscale.com/derp/derpserver"
	"tailscale.com/net/stunserver"
	"tailscale.com/tailcfg"
	"tailscale.com/types/key"
)

const (
	controlName = "controlplane.tailscale.com"
	relayName   = "derp.bed.test"
	adminPort   = "9000"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: testcontrol ADDRESS")
	}
	address := os.Args[1]
	authority, certificate := makeCertificates(controlName, "login.tailscale.com", relayName)
	control := newControl(relays(address))
	handler := front(control, derpserver.New(key.NewNode(), log.Printf))

	stun := stunserver.New(context.Background())
	go func() { log.Fatal(stun.ListenAndServe(":3478")) }()
	go func() { log.Fatal(http.ListenAndServe(":80", handler)) }()
	go func() { log.Fatal(http.ListenAndServe(":"+adminPort, admin(control, authority))) }()
	encrypted := &http.Server{
		Addr:      ":443",
		Handler:   handler,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
		// Relay and control connections are upgrades of HTTP/1.1.
		TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){},
	}
	log.Fatal(encrypted.ListenAndServeTLS("", ""))
}

// One relay, on this server.
func relays(address string) *tailcfg.DERPMap {
	node := &tailcfg.DERPNode{Name: "900a", RegionID: 900, HostName: relayName, IPv4: address, IPv6: "none", STUNPort: 3478}
	region := &tailcfg.DERPRegion{RegionID: 900, RegionCode: "bed", RegionName: "Bed", Nodes: []*tailcfg.DERPNode{node}}
	return &tailcfg.DERPMap{OmitDefaultRegions: true, Regions: map[int]*tailcfg.DERPRegion{900: region}}
}

// The test server panics at a request that it does not know, so only requests that it knows get there.
func front(control *control, relay *derpserver.Server) http.Handler {
	mux := http.NewServeMux()
	for _, path := range []string{"/key", "/ts2021", "/c2n/"} {
		mux.Handle(path, control.server)
	}
	relays := derpserver.Handler(relay)
	mux.Handle("/derp", relays)
	mux.HandleFunc("/derp/probe", derpserver.ProbeHandler)
	mux.HandleFunc("/derp/latency-check", derpserver.ProbeHandler)
	mux.HandleFunc("/generate_204", derpserver.ServeNoContent)
	return mux
}
