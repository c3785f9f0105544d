// Command gcs is an object store that speaks Google's JSON interface, for tests: `gcs HOST PORT`. It holds its objects in memory.
package main

import (
	"log"
	"os"
	"strconv"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: gcs HOST PORT")
	}
	port, err := strconv.ParseUint(os.Args[2], 10, 16)
	if err != nil {
		log.Fatal(err)
	}
	_, err = fakestorage.NewServerWithOptions(fakestorage.Options{Scheme: "http", Host: os.Args[1], Port: uint16(port)})
	if err != nil {
		log.Fatal(err)
	}
	select {}
}
