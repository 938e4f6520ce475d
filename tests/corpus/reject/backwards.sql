-- expect: ORA-00900 2:1
table orders
