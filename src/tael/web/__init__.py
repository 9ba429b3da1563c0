"""What people see: pages that call the contexts' verbs and hold no rules of their own."""
