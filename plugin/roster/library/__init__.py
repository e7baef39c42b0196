"""
The roster's verbs as its windows call them: no QGIS here, plain results out.

They run in a process of their own (`served`), so that nothing they do can hold up the window. What is large or must not
be sent about (the cells of a file, a plan, open files) stays there, in the session.
"""
