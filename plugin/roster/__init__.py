"""The roster's windows: import, passphrase, linking by hand, lists, comparison with departments."""
