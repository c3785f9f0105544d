// Command s3 is an object store that speaks S3, for tests: `s3 ADDRESS DIRECTORY [CERTIFICATE KEY]`. The one user is named by
// ROOT_ACCESS_KEY and ROOT_SECRET_KEY; signatures are checked.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/versity/versitygw/backend/meta"
	"github.com/versity/versitygw/backend/posix"
	"github.com/versity/versitygw/embedgw"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(arguments []string) error {
	if len(arguments) != 2 && len(arguments) != 4 {
		log.Fatal("usage: s3 ADDRESS DIRECTORY [CERTIFICATE KEY]")
	}
	objects, attributes := filepath.Join(arguments[1], "objects"), filepath.Join(arguments[1], "attributes")
	users := filepath.Join(arguments[1], "users")
	for _, directory := range []string{objects, attributes, users} {
		if err := os.MkdirAll(directory, 0o700); err != nil {
			return err
		}
	}
	// Not every file system has extended attributes.
	side, err := meta.NewSideCar(attributes)
	if err != nil {
		return err
	}
	store, err := posix.New(objects, side, posix.PosixOpts{SideCarDir: attributes})
	if err != nil {
		return err
	}
	config := &embedgw.Config{
		RootUserAccess:    os.Getenv("ROOT_ACCESS_KEY"),
		RootUserSecret:    os.Getenv("ROOT_SECRET_KEY"),
		Ports:             []string{arguments[0]},
		Quiet:             true,
		KeepAlive:         true,
		MaxConnections:    1000,
		MaxRequests:       1000,
		MultipartMaxParts: 10000,
	}
	if len(arguments) == 4 {
		config.CertFile, config.KeyFile = arguments[2], arguments[3]
	}
	return embedgw.RunVersityGW(context.Background(), store, config)
}
