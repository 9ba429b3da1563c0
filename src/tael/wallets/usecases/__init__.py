"""What can be done with a wallet?"""
