-- expect: ORA-00900 2:1
selec 1 from dual
