"""How are sources spoken to? All of them by signed JSON over HTTP; what differs is whose key signs, and what is compared."""
