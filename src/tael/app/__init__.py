"""The app puts the parts together and decides nothing.

house          every part of one process, built from the settings
subscriptions  which fact makes which verb run
listeners      which routes are served on which address
roles          what a process does: public, notices, internal, worker, courier, clock
supervisor     the embedded database and the processes under it
cli            the command line
demo           the story that `make demo` tells
"""
