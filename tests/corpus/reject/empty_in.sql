-- expect: ORA-00936 2:29
select a from t where a in ()
