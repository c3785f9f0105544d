// Its presence lets functions have no body: those of template.go are linked by name.
