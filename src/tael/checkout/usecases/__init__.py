"""What does each verb of the checkout do?"""
