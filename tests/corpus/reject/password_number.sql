-- expect: ORA-00988 2:31
create user app identified by 1abc
