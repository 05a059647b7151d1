// A certificate authority for specs: Pebble, Let's Encrypt's own test server, with an admin API over HTTP. It believes every
// challenge, and keeps everything in memory.
//
// Usage: acme ADDRESS
package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
)

const (
	adminPort = "9000"
	// Paths of Pebble's; its directory names them.
	newOrder = "/order-plz"
	finalize = "/finalize-order/"
	order    = "/my-order/"
	renewal  = "/draft-ietf-acme-ari-03/renewalInfo/"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: acme ADDRESS")
	}
	address := os.Args[1]
	os.Setenv("PEBBLE_VA_ALWAYS_VALID", "1")
	os.Setenv("PEBBLE_VA_NOSLEEP", "1")
	os.Setenv("PEBBLE_WFE_NONCEREJECT", "0")
	logger := log.New(os.Stdout, "", log.LstdFlags)
	store := db.NewMemoryStore()
	profiles := map[string]ca.Profile{"default": {Description: "90 days"}}
	issuer := ca.New(logger, store, "", "ecdsa", 0, 1, profiles)
	front := wfe.New(logger, store, va.New(logger, 80, 443, false, "", store), issuer, nil, false, false, 1, 1)
	authority, certificate := makeCertificates(address)

	var limited atomic.Bool
	var orders, renewAfter atomic.Int64
	go func() {
		log.Fatal(http.ListenAndServe(":"+adminPort, admin(authority, front.ManagementHandler(), &limited, &orders, &renewAfter)))
	}()
	api := &http.Server{
		Addr:      ":443",
		Handler:   complete(front.Handler(), &limited, &orders, &renewAfter),
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}},
	}
	log.Fatal(api.ListenAndServeTLS("", ""))
}

// Answers like Let's Encrypt where Pebble does not: an answer to finalize says where the order is, and an authority has rate limits.
// With `renewAfter`, it wants a certificate renewed so many seconds after somebody asks when.
func complete(pebble http.Handler, limited *atomic.Bool, orders, renewAfter *atomic.Int64) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if seconds := renewAfter.Load(); seconds > 0 && strings.HasPrefix(r.URL.Path, renewal) {
			start := time.Now().UTC().Add(time.Duration(seconds) * time.Second)
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"suggestedWindow":{"start":%q,"end":%q}}`, start.Format(time.RFC3339Nano), start.Add(time.Second).Format(time.RFC3339Nano))
			return
		}
		if r.URL.Path == newOrder {
			orders.Add(1)
		}
		if r.URL.Path == newOrder && limited.Load() {
			w.Header().Set("Content-Type", "application/problem+json")
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
			io.WriteString(w, `{"type":"urn:ietf:params:acme:error:rateLimited","detail":"too many certificates (5) already issued for this exact set of identifiers","status":429}`)
			return
		}
		if id, ok := strings.CutPrefix(r.URL.Path, finalize); ok {
			w.Header().Set("Location", "https://"+r.Host+order+id)
		}
		pebble.ServeHTTP(w, r)
	})
}

// `GET /authority`: who signed this server's own certificate. `GET /root`: who signs the certificates that it gives out.
// `POST /limit`, `DELETE /limit`: the rate limit is reached, or not. `GET /orders`: how many were asked for.
// `POST /renewal/SECONDS`, `DELETE /renewal`: certificates are due so soon, or when two thirds of their life are over.
func admin(authority []byte, pebble http.Handler, limited *atomic.Bool, orders, renewAfter *atomic.Int64) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authority", func(w http.ResponseWriter, r *http.Request) { w.Write(authority) })
	mux.HandleFunc("GET /root", func(w http.ResponseWriter, r *http.Request) {
		answer := httptest.NewRecorder()
		pebble.ServeHTTP(answer, httptest.NewRequest("GET", "/roots/0", nil))
		io.Copy(w, bytes.NewReader(answer.Body.Bytes()))
	})
	mux.HandleFunc("POST /limit", func(w http.ResponseWriter, r *http.Request) { limited.Store(true) })
	mux.HandleFunc("DELETE /limit", func(w http.ResponseWriter, r *http.Request) { limited.Store(false) })
	mux.HandleFunc("POST /renewal/{seconds}", func(w http.ResponseWriter, r *http.Request) {
		seconds, err := strconv.ParseInt(r.PathValue("seconds"), 10, 32)
		if err != nil || seconds < 1 {
			http.Error(w, "no number of seconds", http.StatusBadRequest)
			return
		}
		renewAfter.Store(seconds)
	})
	mux.HandleFunc("DELETE /renewal", func(w http.ResponseWriter, r *http.Request) { renewAfter.Store(0) })
	mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
		io.WriteString(w, big.NewInt(orders.Load()).String())
	})
	return mux
}

// Makes an authority, and a certificate of it for an address. Returns the authority's certificate as PEM.
func makeCertificates(address string) ([]byte, tls.Certificate) {
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: "Authority of the bed's ACME server"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(48 * time.Hour),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}
	rootKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	rootDER := must(x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey))
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2),
		Subject:      pkix.Name{CommonName: address},
		IPAddresses:  []net.IP{net.ParseIP(address)},
		NotBefore:    root.NotBefore,
		NotAfter:     root.NotAfter,
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	leafKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	leafDER := must(x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey))
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: rootDER})
	return authority, tls.Certificate{Certificate: [][]byte{leafDER, rootDER}, PrivateKey: leafKey}
}

func must[T any](value T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return value
}
