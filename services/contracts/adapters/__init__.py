"""What contracts plugs into its ports: policy files, its documents, tokens, mail. Must never decide."""
