// A control plane in one file: asks for a deployment, waits for people, runs what they approved, once.
//
//	SIGNOFF_URL      where Signoff is, such as http://127.0.0.1:7080
//	SIGNOFF_KEY      a key with requests:write and requests:read
//	SIGNING_SECRETS  the project's whsec_… secrets, separated by spaces: two during a rotation
//	LISTEN           where callbacks are received, default 127.0.0.1:9000
//	CALLBACK_URL     how Signoff reaches that; without it the outcome comes by long poll alone
//
//	controlplane RUN VERSION
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const largestCallback = 1 << 20

var exits = map[string]int{"denied": 3, "expired": 4, "failed": 5, "cancelled": 8}

// The fields come in the order of canonical JSON.
type action struct {
	Arguments map[string]any `json:"arguments"`
	Tool      string         `json:"tool"`
}

// What this program reads of a request; it ignores the rest.
type request struct {
	CorrelationID string `json:"correlation_id"`
	Status        string `json:"status"`
	Outcome       *struct {
		Reason *string `json:"reason"`
	} `json:"outcome"`
}

type controlPlane struct {
	signoff, key, callbackURL string
	secrets                   []*standardwebhooks.Webhook
	fallBack                  time.Duration
	told                      chan request

	lock sync.Mutex
	seen map[string]bool // Restarted, this program asks again, so memory is enough; else: a table with a unique key.
}

// call makes one call of the API; any answer but 2xx is an error with the problem's words.
func (c *controlPlane) call(method, path string, body any, answer any) error {
	var content io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		content = bytes.NewReader(encoded)
	}
	req, err := http.NewRequest(method, c.signoff+path, content)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	client := http.Client{Timeout: 75 * time.Second} // a long poll takes up to 60 s
	res, err := client.Do(req)
	for pause := time.Second; err != nil && pause <= 16*time.Second; pause *= 2 {
		time.Sleep(pause) // repeating a call does nothing twice
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return err
			}
		}
		res, err = client.Do(req)
	}
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		var problem struct{ Code, Detail string }
		if err := json.NewDecoder(res.Body).Decode(&problem); err != nil {
			return fmt.Errorf("status %d", res.StatusCode)
		}
		return fmt.Errorf("refused: %s: %s", problem.Code, problem.Detail)
	}
	return json.NewDecoder(res.Body).Decode(answer)
}

// ServeHTTP receives callbacks and tells each genuine outcome once.
func (c *controlPlane) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestCallback)) // the bytes as received: these were signed
	if err != nil || r.Method != http.MethodPost || !c.verified(body, r.Header) {
		fmt.Println("refused a callback")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var message struct {
		Type string
		Data request
	}
	if err := json.Unmarshal(body, &message); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	id := r.Header.Get(standardwebhooks.HeaderWebhookID)
	c.lock.Lock()
	again := c.seen[id]
	c.seen[id] = true
	c.lock.Unlock()
	// To a repetition too the answer is 204: it has arrived.
	w.WriteHeader(http.StatusNoContent)
	if !again {
		fmt.Println("callback", message.Type, message.Data.CorrelationID, id)
		go func() { c.told <- message.Data }()
	}
}

// verified says whether one of our secrets signed these bytes within the last five minutes.
func (c *controlPlane) verified(body []byte, headers http.Header) bool {
	for _, secret := range c.secrets {
		if secret.Verify(body, headers) == nil {
			return true
		}
	}
	return false
}

// wait returns the request once it has ended: from its callback or, when that is late or lost, from a long poll.
func (c *controlPlane) wait(path, correlationID string) (request, error) {
	for {
		select {
		case told := <-c.told:
			if told.CorrelationID == correlationID { // others' outcomes are not ours
				return told, nil
			}
		case <-time.After(c.fallBack):
			var now request
			if err := c.call("GET", path+"?wait_seconds=30", nil, &now); err != nil {
				return now, err
			}
			if now.Status != "pending" {
				fmt.Println("poll", now.Status)
				return now, nil
			}
		}
	}
}

// intentDigest is of canonical JSON (RFC 8785), which this is for ASCII keys, strings, booleans and whole numbers.
func intentDigest(a action) (string, error) {
	var canonical bytes.Buffer
	encoder := json.NewEncoder(&canonical) // sorts the keys of maps
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(a); err != nil {
		return "", err
	}
	return fmt.Sprintf("sha256:%x", sha256.Sum256(bytes.TrimSuffix(canonical.Bytes(), []byte("\n")))), nil
}

func (c *controlPlane) run(run, version, listen string) (int, error) {
	act := action{Tool: "k8s.deploy", Arguments: map[string]any{"namespace": "prod", "image": "registry/billing:" + version}}
	correlationID := run + ":deploy-billing" // the same when this run is started again: nobody is asked twice
	path := "/v1/requests/" + url.PathEscape(correlationID)
	submission := map[string]any{
		"correlation_id": correlationID,
		"kind":           "approval",
		"title":          "Deploy billing " + version + " to production",
		"risk":           "high",
		"action":         act,
	}
	if c.callbackURL != "" {
		listener, err := net.Listen("tcp", listen) // before the submit: the answer may be quick
		if err != nil {
			return 1, err
		}
		server := &http.Server{Handler: c, ReadTimeout: 10 * time.Second}
		go server.Serve(listener)
		submission["callback"] = map[string]string{"url": c.callbackURL}
	}

	var now request
	if err := c.call("POST", "/v1/requests", submission, &now); err != nil {
		return 1, err
	}
	fmt.Println("asked", correlationID)
	if now.Status == "pending" {
		var err error
		if now, err = c.wait(path, correlationID); err != nil {
			return 1, err
		}
	}
	if now.Status != "approved" { // silence is not a yes, and an expiry is not a no
		reason := ""
		if now.Outcome != nil && now.Outcome.Reason != nil {
			reason = *now.Outcome.Reason
		}
		fmt.Println(now.Status, reason)
		if code, known := exits[now.Status]; known {
			return code, nil
		}
		return 1, errors.New("unknown status")
	}

	// The digest of what is in our hands, not of what the service shows: comparing the two is the point.
	digest, err := intentDigest(act)
	if err != nil {
		return 1, err
	}
	if err := c.call("POST", path+"/claim", map[string]string{"intent_digest": digest}, &now); err != nil {
		return 1, err
	}
	fmt.Println("deploying", act.Arguments["image"]) // here goes the work
	report := map[string]string{"result": "applied", "detail": "rolled out"}
	return 0, c.call("POST", path+"/execution", report, &now)
}

func main() {
	c := &controlPlane{
		signoff: os.Getenv("SIGNOFF_URL"), key: os.Getenv("SIGNOFF_KEY"), callbackURL: os.Getenv("CALLBACK_URL"),
		told: make(chan request), seen: map[string]bool{},
	}
	if c.callbackURL != "" {
		// So long a callback is waited for before the service is asked; then callbacks count as before.
		c.fallBack = 30 * time.Second
		if given, err := time.ParseDuration(os.Getenv("FALL_BACK_SECONDS") + "s"); err == nil {
			c.fallBack = given
		}
	}
	for _, secret := range strings.Fields(os.Getenv("SIGNING_SECRETS")) {
		webhook, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			fmt.Fprintln(os.Stderr, "SIGNING_SECRETS:", err)
			os.Exit(1)
		}
		c.secrets = append(c.secrets, webhook)
	}
	listen := os.Getenv("LISTEN")
	if listen == "" {
		listen = "127.0.0.1:9000"
	}
	if len(os.Args) != 3 || c.signoff == "" || c.key == "" {
		fmt.Fprintln(os.Stderr, "usage: SIGNOFF_URL=… SIGNOFF_KEY=… controlplane RUN VERSION")
		os.Exit(2)
	}
	code, err := c.run(os.Args[1], os.Args[2], listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}
