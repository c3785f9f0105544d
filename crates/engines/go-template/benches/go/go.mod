module weir.dev/go-template/bench

go 1.26.0
