-- expect: ORA-00923 2:12
select a b c from t
