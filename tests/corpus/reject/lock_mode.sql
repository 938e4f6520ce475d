-- expect: ORA-01737 2:17
lock table t in some mode
