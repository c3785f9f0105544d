// Command forge is Gitea, for tests: `forge web --config FILE`. Its pages and translations are read from the module's source,
// which STATIC_ROOT_PATH has to name.
package main

import (
	"os"
	"time"

	"code.gitea.io/gitea/cmd"
	"code.gitea.io/gitea/modules/log"
	"code.gitea.io/gitea/modules/setting"
	_ "github.com/mattn/go-sqlite3"
)

func main() {
	setting.AppVer, setting.AppStartTime = "1.26.0", time.Now().UTC()
	// What Gitea's build tag "sqlite" is for.
	setting.EnableSQLite3 = true
	setting.SupportedDatabaseTypes = append(setting.SupportedDatabaseTypes, "sqlite3")
	err := cmd.RunMainApp(cmd.NewMainApp(cmd.AppVersion{Version: setting.AppVer}), os.Args...)
	log.GetManager().Close()
	if err != nil {
		os.Exit(1)
	}
}
