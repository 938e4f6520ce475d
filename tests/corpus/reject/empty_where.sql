-- expect: ORA-00936 2:22
select a from t where
