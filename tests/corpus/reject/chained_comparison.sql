-- expect: ORA-00933 2:29
select a from t where a = b = c
