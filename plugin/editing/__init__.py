"""What is changed on the map: the edit buffers of the township's layers, checked live, saved and taken back as one."""
