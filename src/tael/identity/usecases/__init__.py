"""The verbs of identity: one file for each thing that a person does at the door."""
